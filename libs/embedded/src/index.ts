export { freePort } from './free-port.js';
export { stopLeftOverPostgres } from './postgres-left-over.js';
export { PostgresServer, type PostgresOptions } from './postgres-server.js';
export { explainStart, ServerStartError, type StartErrorCode } from './start-error.js';
export { findNatsServer, type FindNatsOptions } from './nats-binary.js';
export type { NatsUser } from './nats-config.js';
export { NatsServer, stopLeftOverNats, type NatsOptions } from './nats-server.js';
export { commandLine, isAlive, parentOf, processStart } from './processes.js';
