import { JOURNAL_APPENDERS } from './file-journal.js';
import { FLOORS } from './floors.js';
import type { Appender, Opening } from './contestant.js';
import { levelAppender, levelStore } from './classic-level.js';
import { lmdbAppender, lmdbStore } from './lmdb.js';
import { plainFileAppender, plainFileOneByOne, plainFileStore } from './plain-file.js';
import { sqliteAppender, sqliteStore } from './better-sqlite3.js';

export * from './contestant.js';
export * from './file-journal.js';
export * from './floors.js';
export * from './updaters.js';
export * from './submitters.js';
export { isolated, type IsolatedAppender } from './isolated.js';
export { PLAIN_FILE } from './plain-file.js';

export const PEER_APPENDERS = [
  sqliteAppender,
  lmdbAppender,
  levelAppender,
  plainFileAppender,
  plainFileOneByOne,
];
/** All contestants that append, floors included. */
export const ALL_APPENDERS: readonly Opening<Appender>[] = [
  ...JOURNAL_APPENDERS,
  ...PEER_APPENDERS,
  ...FLOORS,
];
export const PEER_STORES = [sqliteStore, lmdbStore, levelStore, plainFileStore];
/** Names of the peers in the targets. */
export const PEERS = PEER_STORES.map(({ name }) => name);
/** The peers with an index, which can find an entry. */
export const DATABASES = PEERS.filter((name) => name !== plainFileStore.name);
