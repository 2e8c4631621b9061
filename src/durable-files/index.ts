/** Small files that are replaced as a whole and are there, old or new, after a crash: snapshots, checkpoints of projections. */
export { replaceFile, TEMPORARY_SUFFIX } from './replace-file.js';
