"""Who is told of an alert: people, rotas and chains (`directory`, `rota`), who is due (`chain`),
what is put together and what waits (`grouping`), and the words (`message`). No I/O but files."""
