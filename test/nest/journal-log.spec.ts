import { describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import { ConsoleLogger, type LoggerService } from '@nestjs/common';
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FileJournal } from '../../src/file-journal/index.js';
import { IoError, SequencerEvent } from '../../src/journal/index.js';
import { FileJournalModule, getJournalToken, type FileJournalModuleOptions } from '../../src/nest/index.js';
import { LogRecord } from '../../src/nest/logging/log-record.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { setTimeout as delay } from 'node:timers/promises';

async function start(logger: LoggerService, options: FileJournalModuleOptions) {
  const testing = await Test.createTestingModule({
    imports: [CqrsModule.forRoot(), FileJournalModule.forRoot({ segmentSizeBytes: 4_096, ...options })],
  })
    .setLogger(logger)
    .compile();
  const app = await testing.init();
  return { app, journal: app.get<FileJournal>(getJournalToken()) };
}

function event(sequence: number, sizeBytes = 10): SequencerEvent {
  return new SequencerEvent({
    sequenceNum: BigInt(sequence),
    timestampNs: 1n,
    command: { Note: 'x'.repeat(sizeBytes) },
    result: null,
  });
}

/** The lines about journals in Nest's own JSON log. */
async function jsonLines(run: (logger: ConsoleLogger) => Promise<void>): Promise<Record<string, unknown>[]> {
  const written: string[] = [];
  const capture = (chunk: unknown): boolean => {
    written.push(String(chunk));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation(capture as never),
  );
  try {
    await run(new ConsoleLogger({ json: true, colors: false }));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: string; message: Record<string, unknown> })
    .filter(({ message }) => typeof message?.['event'] === 'string')
    .map(({ level, message }) => ({ level, ...message }));
}

describe('the log of a journal', () => {
  it('is JSON if Nest’s logger writes JSON: opened, rotated, archived, closed', async () => {
    const lines = await jsonLines(async (logger) => {
      const { app, journal } = await start(logger, { directory: temporaryDirectory() });
      await journal.append(event(0, 3_000));
      await journal.append(event(1, 3_000));
      await journal.archiveSegmentsBefore(1);
      await app.close();
    });
    expect(lines).toMatchObject([
      {
        level: 'log',
        event: 'journal.opened',
        journal: 'default',
        outcome: 'created',
        durability: 'sync',
        segments: 1,
        message: expect.stringContaining('opened (created, 1 segment, last sequence none, sync)'),
      },
      { level: 'debug', event: 'journal.rotated', startSequence: '1' },
      {
        level: 'log',
        event: 'journal.archived',
        segments: 1,
        beforeSequence: '1',
        message: 'journal "default": 1 segment archived, before 1',
      },
      { level: 'debug', event: 'journal.drained', step: 'commands' },
      { level: 'debug', event: 'journal.drained', step: 'projections' },
      { level: 'log', event: 'journal.closed', message: 'journal "default": closed' },
    ]);
  });

  it('warns that recovery cut the end of the journal', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, segmentSizeBytes: 4_096 });
    await journal.append(event(0));
    const { bytes } = await journal.verifyIntegrity();
    await journal.close();
    const [name] = readdirSync(directory).filter((file) => file.endsWith('.journal'));
    const file = openSync(join(directory, name ?? ''), 'r+');
    writeSync(file, Buffer.from([200, 0, 0, 0, 1, 2, 3]), 0, 7, Number(bytes));
    closeSync(file);
    const lines = await jsonLines(async (logger) => {
      const { app } = await start(logger, { directory });
      await app.close();
    });
    expect(lines[0]).toMatchObject({
      level: 'warn',
      event: 'journal.opened',
      outcome: 'torn-tail',
      lastSequence: '0',
      cut: { segment: name, offset: Number(bytes), lengthBytes: 7, quarantineFile: expect.any(String) },
    });
  });

  it('is fatal, with the error and its cause, when the journal fails; a slow sync is reported once', async () => {
    const files = new FaultyFileSystem();
    const lines = await jsonLines(async (logger) => {
      const { app, journal } = await start(logger, {
        directory: temporaryDirectory(),
        fileSystem: files.wrap,
        slowSyncMs: 1,
      });
      for (let sequence = 0; sequence < 2; sequence += 1) {
        const letGo = files.hold('sync');
        const appended = journal.append(event(sequence));
        await delay(20); // longer than slowSyncMs
        letGo();
        await appended;
      }
      files.fail('sync', 'EIO');
      await journal.append(event(2)).catch(() => undefined);
      await app.close();
    });
    expect(lines.filter((line) => line['event'] === 'journal.sync.slow')).toMatchObject([
      { level: 'warn', slowSyncMs: 1, count: 1 },
    ]);
    expect(lines.find((line) => line['event'] === 'journal.poisoned')).toMatchObject({
      level: 'fatal',
      error: { name: 'JournalPoisonedError', code: 'JOURNAL_POISONED', stack: expect.any(String) },
      cause: { name: 'IoError', code: 'JOURNAL_IO', message: expect.stringContaining('EIO') },
    });
  });
});

describe('a log record', () => {
  it('is a sentence in the text format', () => {
    const record = new LogRecord('journal.archived', 'orders', '2 segments archived', { beforeSequence: 7n });
    expect(String(record)).toBe('journal "orders": 2 segments archived');
    expect(inspect(record)).toBe('journal "orders": 2 segments archived');
    expect(JSON.parse(JSON.stringify(record))).toEqual({
      event: 'journal.archived',
      journal: 'orders',
      message: 'journal "orders": 2 segments archived',
      beforeSequence: '7',
    });
  });

  it('has the stack of its error after the sentence', () => {
    const error = new IoError('fdatasync', '/journal', 'EIO');
    expect(inspect(new LogRecord('journal.poisoned', 'orders', 'failed', { error }))).toContain(
      'IoError: fdatasync failed',
    );
  });
});
