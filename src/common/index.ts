/** Small mechanisms that several rooms share, one each. */
export * from './abort.js';
export * from './cooperative-yield.js';
export * from './crc32.js';
export * from './equality.js';
export * from './durable-directory.js';
export * from './file-access.js';
export * from './file-names.js';
export * from './missing-peer.error.js';
export * from './option-table.js';
export * from './optional-peer.js';
export * from './real-timers.js';
export * from './running-calls.js';
export * from './shutdown-step.js';
export * from './thenable.js';
export * from './unknown-options.js';
export * from './utf8.js';
export * from './varint.js';
