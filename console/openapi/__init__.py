"""The console's API, described: OpenAPI 3.1 made from the routes and the structs they answer with.

`table` has one line for each route, `shapes` the few answers that are no struct elsewhere,
`document` puts them together, `page` shows the result to people. A test fails where a route
is not described.
"""
