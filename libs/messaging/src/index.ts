export * from './connection.js';
export * from './facts-transport.js';
export * from './log.js';
export * from './pass-through.filter.js';
export * from './requests-transport.js';
export * from './standby.js';
export * from './streams.js';
export * from './subject-match.js';
