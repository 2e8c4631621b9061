/**
 * nestjs-file-journal: an append-only, memory-mapped event journal for NestJS, byte-compatible with orderbook-rs.
 */
export * from './journal/index.js';
export * from './file-journal/index.js';
export * from './in-memory-journal/index.js';
export * from './serialization/index.js';
export * from './sequencer/index.js';
export * from './cqrs/index.js';
export * from './replay/index.js';
export * from './module/index.js';
