/** Manifests that somebody else wrote, with a correct checksum, and damaged backups. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { COMPANIONS } from '../../../src/cli/companions.js';
import { backupJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { FileSnapshotStore } from '../../../src/replay/index.js';
import { entriesOf, filesOf, place, write } from './support/journals.js';

type Json = Record<string, unknown>;
type Manifest = Json & { segments: Json[]; companions: Json[] };

let paths: ReturnType<typeof place>;
let original: string;

beforeAll(async () => {
  paths = place();
  await write(paths.journal, 40);
  const [sequence, entryCrc] = (await entriesOf(paths.journal))[20] as [bigint, number];
  const store = new FileSnapshotStore({ directory: join(paths.journal, 'snapshots') });
  await store.save('book', { sequence, entryCrc, stateVersion: 1, payload: Buffer.from('1') });
  await backupJournal({ directory: paths.journal, destination: paths.backup, companions: COMPANIONS });
  original = readFileSync(join(paths.backup, 'manifest.json'), 'utf8');
  writeFileSync(join(paths.parent, 'secret'), 'secret');
});

function forge(change: (manifest: Manifest) => void): void {
  const { checksum: _checksum, ...body } = JSON.parse(original) as Manifest & { checksum: string };
  change(body as Manifest);
  const checksum = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  writeFileSync(join(paths.backup, 'manifest.json'), JSON.stringify({ ...body, checksum }));
}

/** The code with which a restore is refused. It must leave no trace anywhere. */
async function refusal(): Promise<unknown> {
  const before = filesOf(paths.parent);
  const refused = restoreJournal({
    source: paths.backup,
    directory: paths.restored,
    companions: COMPANIONS,
  });
  const code = await refused.then(
    () => 'restored',
    (error: { code: unknown }) => error.code,
  );
  expect(existsSync(paths.restored)).toBe(false);
  expect(filesOf(paths.parent)).toEqual(before);
  return code;
}

const first = (manifest: Manifest): Json => manifest.segments[0] as Json;
const last = (manifest: Manifest): Json => manifest.segments.at(-1) as Json;
const snapshot = (manifest: Manifest): Json => manifest.companions[0] as Json;

const FORGERIES: readonly [what: string, change: (manifest: Manifest) => void][] = [
  ['a later format', (manifest) => (manifest['format'] = 2)],
  ['no segments', (manifest) => (manifest.segments = [])],
  ['segments that are no list', (manifest) => (manifest['segments'] = { length: 1 } as never)],
  ['a segment that is no object', (manifest) => (manifest.segments[0] = null as never)],
  ['a path as start sequence', (manifest) => (first(manifest)['startSequence'] = '../../secret')],
  ['a start sequence beyond 64 bits', (manifest) => (last(manifest)['startSequence'] = '9'.repeat(20))],
  ['a form that does not exist', (manifest) => (first(manifest)['form'] = '/../secret')],
  ['an inherited name as form', (manifest) => (first(manifest)['form'] = 'constructor')],
  ['a compressed last segment', (manifest) => (last(manifest)['form'] = 'gzip')],
  ['a huge size', (manifest) => (first(manifest)['sizeBytes'] = 2 ** 60)],
  ['a size beyond integers', (manifest) => (first(manifest)['dataBytes'] = 1e300)],
  ['a negative size', (manifest) => (first(manifest)['dataBytes'] = -1)],
  ['fewer data than there are', (manifest) => (last(manifest)['dataBytes'] = 0)],
  ['a generation of the future', (manifest) => (first(manifest)['generation'] = 99)],
  ['a generation that is a text', (manifest) => (first(manifest)['generation'] = '1/../../secret')],
  ['a segment twice', (manifest) => manifest.segments.unshift(first(manifest))],
  ['segments in another order', (manifest) => manifest.segments.reverse()],
  ['a missing segment in the middle', (manifest) => manifest.segments.splice(1, 1)],
  ['an archived segment after a live one', (manifest) => (last(manifest)['role'] = 'archived')],
  ['a wrong first entry', (manifest) => ((first(manifest)['first'] as Json)['crc'] = 1)],
  ['a first entry after the last', (manifest) => ((first(manifest)['first'] as Json)['sequence'] = '99')],
  ['entries that are missing', (manifest) => Object.assign(last(manifest), { first: null, last: null })],
  ['a companion in another folder', (manifest) => (snapshot(manifest)['name'] = '../secret')],
  ['a companion with an absolute name', (manifest) => (snapshot(manifest)['name'] = '/tmp/x.snap')],
  ['a companion named as a segment', (manifest) => (snapshot(manifest)['name'] = 'segment-0.journal')],
  ['a companion below a folder', (manifest) => (snapshot(manifest)['name'] = 'snapshot-a/../../x.snap')],
  ['a companion with a NUL', (manifest) => (snapshot(manifest)['name'] = 'snapshot-\0-1.snap')],
  ['a companion twice', (manifest) => manifest.companions.push(snapshot(manifest))],
  [
    'a companion twice, but for case',
    (manifest) =>
      manifest.companions.push({
        ...snapshot(manifest),
        name: String(snapshot(manifest)['name'])
          .toUpperCase()
          .replace('SNAPSHOT', 'snapshot')
          .replace('SNAP', 'snap'),
      }),
  ],
  ['a companion of an unknown kind', (manifest) => (snapshot(manifest)['kind'] = '__proto__')],
  [
    'a companion that is not there',
    (manifest) => (snapshot(manifest)['name'] = 'snapshot-other-00000000000000000020.snap'),
  ],
];

describe('a restore refuses a manifest with', () => {
  it.each(FORGERIES)('%s, and writes nothing', async (_what, change) => {
    forge(change);
    expect(await refusal()).toBe('JOURNAL_CORRUPT_BACKUP');
  });

  it('a wrong checksum, no JSON, or nothing', async () => {
    const path = join(paths.backup, 'manifest.json');
    for (const text of [
      original.replace('"generation": 1', '"generation": 2'),
      original.slice(0, -30),
      '',
      '[]',
      'null',
      `{"format":1,"nested":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    ]) {
      writeFileSync(path, text);
      expect(await refusal()).toBe('JOURNAL_CORRUPT_BACKUP');
    }
    rmSync(path);
    expect(await refusal()).toBe('JOURNAL_CORRUPT_BACKUP');
    symlinkSync(join(paths.parent, 'secret'), path);
    expect(await refusal()).toBe('JOURNAL_IO');
    rmSync(path);
    writeFileSync(path, original);
  });

  it('claims about a snapshot that the snapshot does not make', async () => {
    forge((manifest) => (snapshot(manifest)['sequence'] = '3'));
    const directory = join(paths.parent, 'claims');
    const report = await restoreJournal({
      source: paths.backup,
      directory,
      toSequence: 10n,
      companions: COMPANIONS,
    });
    expect(report).toMatchObject({ snapshots: 0, lastSequence: 10n });
    expect(existsSync(join(directory, 'snapshots'))).toBe(false);
    rmSync(directory, { recursive: true });
  });
});

describe('a restore refuses a backup whose files', () => {
  const files = (): string[] => readdirSync(paths.backup).filter((name) => name !== 'manifest.json');

  it('have one changed byte, anywhere, or another length, or are missing or links', async () => {
    writeFileSync(join(paths.backup, 'manifest.json'), original);
    for (const name of files()) {
      const path = join(paths.backup, name);
      const bytes = readFileSync(path);
      for (const at of [0, 1, Math.floor(bytes.length / 3), bytes.length - 1]) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        writeFileSync(path, changed);
        expect(await refusal()).toBe('JOURNAL_CORRUPT_BACKUP');
      }
      truncateSync(path, bytes.length - 1);
      expect(await refusal()).toBe('JOURNAL_CORRUPT_BACKUP');
      renameSync(path, `${path}.away`);
      expect(await refusal()).toBe('JOURNAL_CORRUPT_BACKUP');
      symlinkSync(`${path}.away`, path);
      expect(await refusal()).toBe('JOURNAL_IO');
      rmSync(path);
      mkdirSync(path);
      expect(await refusal()).toBe('JOURNAL_IO');
      rmSync(path, { recursive: true });
      renameSync(`${path}.away`, path);
      writeFileSync(path, bytes);
    }
    await restoreJournal({ source: paths.backup, directory: paths.restored, companions: COMPANIONS });
    expect(await entriesOf(paths.restored)).toEqual(await entriesOf(paths.journal));
  });
});
