// Plays `pg_isready --host --username --dbname` where there is none: it begins a session as PostgreSQL's protocol 3.0 says, and
// goes away when it is asked who it is. Exit codes as its own: 1 the server starts or stops, 2 no answer, 3 not tried.
import { connect } from 'node:net';

const NOT_NOW = '57P03';
const words = process.argv.slice(2).map((word) => /^--(host|username|dbname)=(.+)$/.exec(word));
if (words.some((word) => word === null)) process.exit(3);
const { host, username, dbname } = Object.fromEntries(words.map(([, option, value]) => [option, value]));

const fields = Buffer.from(`\0\x03\0\0user\0${username}\0database\0${dbname}\0\0`, 'latin1');
const length = Buffer.alloc(4);
length.writeUInt32BE(fields.length + 4);
connect(Number(process.env.PGPORT ?? 5432), host)
  .on('connect', function hello() {
    this.write(Buffer.concat([length, fields]));
  })
  .on('data', (answer) => process.exit(answer.toString('latin1').startsWith('E') && answer.includes(NOT_NOW) ? 1 : 0))
  .on('error', () => process.exit(2))
  .on('close', () => process.exit(2));
