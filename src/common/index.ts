/** Small mechanisms that several rooms share, one per file. */

// Time and the event loop.
export * from './cooperative-yield.js';
export * from './real-timers.js';

// Calls of application code: asynchronous results, running calls, circular waits, abort signals, shutdown.
export * from './abort-signals.js';
export * from './circular-wait.js';
export * from './deferred.js';
export * from './running-calls.js';
export * from './shutdown-step.js';
export * from './thenable.js';

// Options and peers: checks with typed errors.
export * from './assert-options.js';
export * from './file-names.js';
export * from './missing-peer.error.js';
export * from './option-table.js';
export * from './optional-peer.js';

// Bytes and values.
export * from './counted.js';
export * from './crc32.js';
export * from './equality.js';
export * from './only-key.js';
export * from './ring-queue.js';
export * from './utf8.js';
export * from './varint.js';

// Small files that are replaced as a whole, and the read permission of files.
export * from './durable-directory.js';
export * from './file-access.js';
