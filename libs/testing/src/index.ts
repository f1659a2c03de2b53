export { aNatsServer, type TestNats } from './nats.js';
export { aDatabase, aPostgres, type TestDatabase } from './postgres.js';
export { aFolder } from './run.js';
export { until } from './until.js';
