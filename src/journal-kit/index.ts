/** What the author of a journal needs: read helpers, listeners, subscriptions. */
export * from './archived-entries.js';
export * from './entry-size.js';
export * from './listeners.js';
export * from './reading.js';
export * from './stored-entry.js';
export * from './subscription-options.js';
export * from './subscription-reader.js';
export * from './subscription-source.js';
