export { aNatsServer, type TestNats } from './nats.js';
export { aDatabase, aPostgres, type TestDatabase } from './postgres.js';
export { aFolder } from './run.js';
export { until } from './until.js';
export { aSyntheticSysfs, type SyntheticSysfs } from './synthetic-sysfs.js';
export { aSysfsCapture, CAPTURES, unpackArchive, type CaptureName, type SysfsCapture } from './sysfs-capture.js';
export { aDevice } from './observations.js';
export { aCuttableWay, type CuttableWay } from './cut-connection.js';
export { aProgram, aService, type RunningProgram, type Servers } from './service.js';
