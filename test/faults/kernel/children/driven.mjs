// Opens journals and runs commands: one JSON command per line on stdin, each answered by one JSON line on
// stdout. Each acknowledgement is a line of its own, {"acked":["name",sequence]}, which the process writes
// before it does anything else. It writes lines synchronously, so that a later kill loses none.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { FileJournal } from '../../../../dist/modules/esm/file-journal/index.js';
import { loadMapper } from '../../../../dist/modules/esm/file-journal/os/mapped-file.js';
import { loadPosix } from '../../../../dist/modules/esm/file-journal/os/posix.js';
import { SequencerEvent } from '../../../../dist/modules/esm/journal/index.js';

const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4));
const journals = new Map();
const say = (line) => {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(NEVER_WOKEN, 0, 0, 1); // the pipe is full until the test reads
    }
  }
};
const described = (error) => ({
  code: error?.code,
  osCode: error?.osCode ?? error?.cause?.osCode,
  operation: error?.operation ?? error?.cause?.operation,
  outcome: error?.outcome,
  message: String(error?.message ?? error),
});
/** The same event as in test/support/events.ts. */
const noted = (number, padding) =>
  new SequencerEvent({
    sequenceNum: number,
    timestampNs: 1_700_000_000_000_000_000n + BigInt(number),
    command: { Note: { number, padding: 'x'.repeat(padding) } },
    result: null,
  });
const acknowledge = (name, sequence) => say({ acked: [name, sequence] });
const journalOf = (name) => journals.get(name) ?? raise(`no journal ${name}`);
const raise = (message) => {
  throw new Error(message);
};

/** Engines that lack one protection each. */
const BROKEN = {
  sync: (files) => ({ ...files, sync: () => Promise.resolve() }),
  syncDirectory: (files) => ({ ...files, syncDirectory: () => Promise.resolve() }),
};

const commands = {
  async open({ name, options: given, readOnly = false, without }) {
    const options = without === undefined ? given : { ...given, fileSystem: BROKEN[without] };
    const journal = readOnly ? await FileJournal.openReadOnly(options) : await FileJournal.open(options);
    journals.set(name, journal);
    return { recovery: readOnly ? undefined : plain(journal.recovery) };
  },
  /** Appends events one after the other, and stops at the first rejection. */
  async append({ name, from, count = 1, padding = 0 }) {
    for (let number = from; number < from + count; number += 1) {
      await journalOf(name).append(noted(number, padding));
      acknowledge(name, number);
    }
  },
  /**
   * Appends until the journal has one more segment. The last acknowledged entry is then the first of its
   * segment.
   */
  async rotate({ name, from, padding = 0 }) {
    const { segments } = await journalOf(name).verifyIntegrity();
    for (let number = from; ; number += 1) {
      await journalOf(name).append(noted(number, padding));
      acknowledge(name, number);
      if ((await journalOf(name).verifyIntegrity()).segments > segments) return { last: number };
    }
  },
  async flush({ name }) {
    const { lastSequence } = journalOf(name);
    await journalOf(name).flush();
    if (lastSequence !== null) say({ flushed: [name, Number(lastSequence)] });
  },
  async archive({ name, before }) {
    return { archived: await journalOf(name).archiveSegmentsBefore(before) };
  },
  async snapshot({ directory, sequence, sizeBytes = 100 }) {
    const { FileSnapshotStore } = await import('../../../../dist/modules/esm/replay/file-snapshot-store.js');
    const payload = Buffer.alloc(sizeBytes, sequence % 256);
    await new FileSnapshotStore({ directory }).save('book', {
      sequence: BigInt(sequence),
      entryCrc: 7,
      stateVersion: 1,
      payload,
    });
  },
  async state({ name }) {
    const { state, lastSequence, durableSequence, nextSequence } = journalOf(name);
    return { state, ...plain({ lastSequence, durableSequence, nextSequence }) };
  },
  async read({ name, from = 0 }) {
    const sequences = [];
    for (const entry of journalOf(name).readFrom(from)) {
      if (entry.event.command.Note.number !== Number(entry.sequenceNum)) raise('a wrong entry');
      sequences.push(Number(entry.sequenceNum));
    }
    return { sequences };
  },
  async verify({ name }) {
    const report = await journalOf(name).verifyIntegrity();
    return { ok: report.ok, errors: report.errors.map(({ message }) => message) };
  },
  async close({ name }) {
    const journal = journalOf(name);
    journals.delete(name);
    await journal.close();
  },
  /**
   * Runs without being awaited until the process or the journal ends, with archiving, flushes and snapshots
   * in between.
   */
  async stream({
    name,
    from,
    padding = 60,
    inFlight = 8,
    flushEvery,
    archiveEvery,
    snapshotEvery,
    directory,
  }) {
    const journal = journalOf(name);
    let number = from;
    const lane = async () => {
      for (;;) {
        const mine = number++;
        await journal.append(noted(mine, (mine * 37) % padding));
        acknowledge(name, mine);
        if (flushEvery && mine % flushEvery === 0) await commands.flush({ name });
        if (archiveEvery && mine > archiveEvery && mine % archiveEvery === 0) {
          await journal.archiveSegmentsBefore(mine - archiveEvery);
        }
        if (snapshotEvery && mine % snapshotEvery === 0) {
          await commands.snapshot({ directory, sequence: mine, sizeBytes: 20_000 });
          say({ snapshot: [name, mine] });
        }
      }
    };
    Promise.all(Array.from({ length: inFlight }, lane)).catch((error) =>
      say({ ended: name, error: described(error) }),
    );
  },
};

function plain(value) {
  return JSON.parse(JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? Number(item) : item)));
}

// Loads all native and lazy modules before the first command, so that only the journal makes later system
// calls.
await loadMapper('auto', await loadPosix());
if (process.argv.includes('--snapshots'))
  await import('../../../../dist/modules/esm/replay/file-snapshot-store.js');
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, do: what, ...details } = JSON.parse(line);
  try {
    say({ id, ...(await commands[what](details)) });
  } catch (error) {
    say({ id, error: described(error) });
  }
});
say({ ready: process.pid });
