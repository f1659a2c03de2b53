export * from './configuration.js';
export * from './contract.pipe.js';
export * from './logger.js';
export * from './platform.js';
export * from './replies.js';
export * from './start-service.js';
export * from './dead-letter-office.js';
