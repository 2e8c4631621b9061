/** Reading everything back: decoded, undecoded, and filtered. */
import { readFileSync, readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { commandKindOf } from 'nestjs-file-journal';
import { crc32 } from 'nestjs-file-journal/journal-kit';
import { OURS, PEERS, PEER_STORES, openAll, openJournal } from '../contestants/index.js';
import { cpuTimer } from '../harness/cpu.js';
import { EventSource } from '../harness/events.js';
import { fillJournal } from '../harness/journals.js';
import { inRounds } from '../harness/rounds.js';
import { subdirectory } from '../harness/workspace.js';
import type { Bench } from './bench.js';

const READ = 'read and parse';
const SCAN = 'scan undecoded';
const FLOOR_PARSE = 'floor: JSON.parse of the text';
const FLOOR_PARSE_BYTES = 'floor: bytes to text + JSON.parse';
const FLOOR_CRC = 'floor: CRC walk';
const FILTER_TIME = `${OURS}: filter by header, 1 in 100 decoded`;
const FILTER_KIND = `${OURS}: filter by kind in the payload, none decoded`;
const POSITIONED = `${OURS}, positioned reader`;

/** Bytes of an entry besides its payload. */
const LENGTH_BYTES = 4;
const HEADER_BYTES = 20;
const CRC_BYTES = 4;

interface Reading {
  readonly name: string;
  readonly metric: string;
  run(): Promise<number> | number;
}

export const read: Bench = async ({ plan, workspace, figures }) => {
  const directory = subdirectory(workspace, 'journal');
  const source = new EventSource();
  await fillJournal(directory, plan.readBytes, source);
  const entries = source.next;
  const journal = await openJournal(directory);
  const positioned = await openJournal(await copyOf(directory, workspace), { reader: 'positioned' });
  const stores = await openAll(PEER_STORES, (name) => subdirectory(workspace, name), figures.skipped);
  for (const store of stores) await store.fill(entries);
  const texts = Array.from(journal.readFrom(0n), ({ payload }) => Buffer.from(payload).toString('utf8'));
  const payloads = Array.from(journal.readFrom(0n), ({ payload }) => Buffer.from(payload));
  const segments = readdirSync(directory)
    .filter((name) => name.endsWith('.journal'))
    .map((name) => readFileSync(join(directory, name)));

  const readings: Reading[] = [
    { name: OURS, metric: READ, run: () => countDecoded(journal.readFrom(0n)) },
    { name: POSITIONED, metric: READ, run: () => countDecoded(positioned.readFrom(0n)) },
    ...stores.map((store) => ({ name: store.name, metric: READ, run: () => store.readAll() })),
    {
      name: FLOOR_PARSE,
      metric: READ,
      run() {
        for (const text of texts) JSON.parse(text);
        return texts.length;
      },
    },
    {
      name: FLOOR_PARSE_BYTES,
      metric: READ,
      run() {
        for (const payload of payloads) JSON.parse(payload.toString('utf8'));
        return payloads.length;
      },
    },
    {
      name: OURS,
      metric: SCAN,
      run() {
        let count = 0;
        let bytes = 0;
        for (const { sequenceNum, payload } of journal.readFrom(0n)) {
          bytes += payload.length;
          if (sequenceNum >= 0n) count += 1;
        }
        return bytes > 0 ? count : 0;
      },
    },
    { name: FLOOR_CRC, metric: SCAN, run: () => segments.reduce((count, bytes) => count + walk(bytes), 0) },
    {
      name: FILTER_TIME,
      metric: SCAN,
      run() {
        let count = 0;
        let decoded = 0;
        for (const entry of journal.readFrom(0n)) {
          count += 1;
          if (count % 100 === 0 && entry.event.sequenceNum === entry.sequenceNum) decoded += 1;
        }
        return decoded > 0 || count < 100 ? count : 0;
      },
    },
    {
      name: FILTER_KIND,
      metric: SCAN,
      run() {
        let count = 0;
        let cancels = 0;
        for (const { payload } of journal.readFrom(0n)) {
          count += 1;
          if (commandKindOf(payload) === 'CancelOrder') cancels += 1;
        }
        return cancels > 0 ? count : 0;
      },
    },
  ];
  for (const { run } of readings) await run();
  await inRounds(plan.rounds, readings, async ({ name, metric, run }: Reading) => {
    await run(); // see `inRounds`
    const cpuUs = cpuTimer();
    const startMs = performance.now();
    const count = await run();
    const elapsedMs = performance.now() - startMs;
    if (count !== entries) throw new Error(`${name} read ${count} of ${entries} entries`);
    figures.record(`${metric}: CPU time`, 'µs/entry', name, null, cpuUs() / count);
    figures.record(metric, 'entries/s', name, null, (count / elapsedMs) * 1000);
  });
  for (const store of stores) await store.close();
  await journal.close();
  await positioned.close();

  const best = figures.best(READ, PEERS, null, 'highest');
  figures.target(
    {
      id: '4.peers',
      text: `readFrom, decoded, against the best peer (${best})`,
      bound: 'at least',
      limit: 1.5,
    },
    READ,
    OURS,
    best,
  );
  figures.target(
    { id: '4.parse', text: `readFrom, decoded: time against ${FLOOR_PARSE}`, bound: 'at most', limit: 1.2 },
    READ,
    FLOOR_PARSE,
    OURS,
  );
  figures.target(
    { id: '4.scan', text: `readFrom, undecoded, against ${FLOOR_CRC}`, bound: 'at least', limit: 1.3 },
    SCAN,
    OURS,
    FLOOR_CRC,
  );
  figures.target(
    { id: '4.filter', text: `filter by kind, against ${FLOOR_CRC}`, bound: 'at least', limit: 1 },
    SCAN,
    FILTER_KIND,
    FLOOR_CRC,
  );
};

function countDecoded(entries: Iterable<{ readonly event: { readonly sequenceNum: bigint } }>): number {
  let count = 0;
  for (const { event } of entries) if (event.sequenceNum >= 0n) count += 1;
  return count;
}

/** Checks every entry of a segment and does nothing else. */
function walk(bytes: Buffer): number {
  let count = 0;
  let offset = 0;
  while (offset + LENGTH_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(offset);
    if (length === 0) break;
    const start = offset + LENGTH_BYTES;
    const end = start + length - CRC_BYTES;
    if (length < HEADER_BYTES || crc32(bytes.subarray(start, end)) !== bytes.readUInt32LE(end)) {
      throw new Error('a damaged entry');
    }
    count += 1;
    offset = start + length;
  }
  return count;
}

/** Two writers cannot share a directory. */
async function copyOf(directory: string, workspace: string): Promise<string> {
  const copy = subdirectory(workspace, 'copy');
  await cp(directory, copy, { recursive: true });
  return copy;
}
