import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../src/common/index.js';
import { goldenCase } from '../support/golden.js';
import { journalWith } from './support/journals.js';
import { run } from './support/run.js';

describe('file-journal snapshots', () => {
  test('lists every snapshot with sequence, version, size and state', async () => {
    const directory = await journalWith(100, { snapshots: { Book: [9, 99], Ledger: [50] } });
    const { exitCode, stdout } = await run('snapshots', 'list', directory);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^SNAPSHOT OF\s+SEQUENCE\s+VERSION\s+SIZE\s+WRITTEN\s+STATE/);
    expect(stdout.match(/^Book .*consistent$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^Ledger\s+50\s+3\s+\d+ B\s+\d{4}-\d\d-\d\dT\S+Z\s+consistent$/m);
    expect(await run('snapshots', 'list', goldenCase('v0.12.1', 'rotated').directory)).toMatchObject({
      exitCode: 0,
      stdout: 'no snapshots\n',
    });
  });

  test('verify decodes the states, and lists only what is wrong', async () => {
    const directory = await journalWith(100, { snapshots: { Book: [9, 99] } });
    expect(await run('snapshots', 'verify', directory)).toMatchObject({
      exitCode: 0,
      stdout: '2 snapshots, 0 not consistent\n',
    });
    const [name] = readdirSync(join(directory, 'snapshots')) as [string];
    const path = join(directory, 'snapshots', name);
    const file = readFileSync(path);
    // A state that is not JSON, with a correct checksum.
    file.fill('?', file.length - 8, file.length - 4);
    file.writeUInt32LE(crc32(file, 0, file.length - 4), file.length - 4);
    writeFileSync(path, file);
    expect((await run('snapshots', 'list', directory)).exitCode).toBe(0);
    const { exitCode, stdout } = await run('snapshots', 'verify', directory, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      checked: 2,
      faults: [{ file: name, state: 'damaged' }],
    });
    // Without the correct checksum, the list knows, too.
    file.writeUInt8(1, file.length - 1);
    writeFileSync(path, file);
    expect(await run('snapshots', 'list', directory)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('its checksum does not match'),
    });
  });

  test('reads snapshots from another directory', async () => {
    const directory = await journalWith(100, { snapshots: { Book: [9] } });
    const other = await journalWith(100, { snapshots: { Ledger: [9, 20] } });
    const { stdout } = await run(
      ...['snapshots', 'list', directory, '--snapshots', join(other, 'snapshots'), '--json'],
    );
    expect(JSON.parse(stdout)).toMatchObject({ snapshots: [{ target: 'Ledger' }, { target: 'Ledger' }] });
  });
});
