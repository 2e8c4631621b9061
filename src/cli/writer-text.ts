import { readFileSync } from 'node:fs';
import type { LockHolder } from '../file-journal/index.js';

const MOST_CHARACTERS = 100;

/** The process that holds the lock, with its command line if this user may see it. */
export function describeWriter(writer: LockHolder | null | 'unknown'): string {
  if (writer === null)
    return 'none in sight: orderbook-rs takes no lock, and a writer in another container is not visible';
  if (writer === 'unknown') return 'unknown: this system does not list locks';
  return `process ${writer.pid}: ${commandLineOf(writer.pid) ?? writer.command ?? 'just ended'}`;
}

function commandLineOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    if (text === '') return null;
    return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  } catch {
    return null;
  }
}
