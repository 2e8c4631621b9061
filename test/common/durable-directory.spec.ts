import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DurableDirectory } from '../../src/common/index.js';
import { makeFifo } from '../support/fifo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
});

/** Functions that each create something other than an ordinary file. */
const NO_FILES: [string, (path: string) => unknown][] = [
  ['a directory', (path) => mkdirSync(path)],
  ['a FIFO', (path) => makeFifo(path)],
  [
    'a socket',
    (path) => new Promise<void>((listening) => servers.push(createServer().listen(path, listening))),
  ],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
  [
    'a link to a file',
    (path) => {
      writeFileSync(`${path}-target`, 'of another user');
      symlinkSync(`${path}-target`, path);
    },
  ],
];

describe('DurableDirectory.replace', () => {
  it.each([0o22, 0o77])('sets the given modes under the umask %i', async (umask) => {
    const parent = temporaryDirectory();
    chmodSync(parent, 0o2770);
    const path = join(parent, 'a', 'b');
    const before = process.umask(umask);
    try {
      await new DurableDirectory(path, { file: 0o640, directory: 0o750 }).replace('file', 'content');
    } finally {
      process.umask(before);
    }
    const modes = [join(parent, 'a'), path, join(path, 'file')].map((made) => statSync(made).mode & 0o7777);
    expect(modes).toEqual([0o2750, 0o2750, 0o640]);
  });

  it('continues if the mount does not allow mode changes', async () => {
    const path = temporaryDirectory();
    const directory = new DurableDirectory(path, { file: 0o640 });
    await directory.replace('file', 'one');
    chmodSync(join(path, 'file'), 0o604); // kept by the next, if it can be
    const handle = await open(path);
    const refused = Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
    const chmod = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'chmod').mockRejectedValue(refused);
    await handle.close();
    try {
      await directory.replace('file', 'two');
      expect(chmod).toHaveBeenCalled();
    } finally {
      chmod.mockRestore();
    }
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('two');
  });

  it('creates the directory and its parents', async () => {
    const path = join(temporaryDirectory(), 'a/b/c');
    await new DurableDirectory(path).replace('file', 'content');
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('content');
  });

  it('several replacements at once create the same directories', async () => {
    const path = join(temporaryDirectory(), 'a/b/c');
    const names = Array.from({ length: 10 }, (_, index) => `file-${index}`);
    await Promise.all(names.map((name) => new DurableDirectory(path).replace(name, name)));
    expect(readdirSync(path).sort()).toEqual(names);
  });

  it('creates the directory again after it was removed', async () => {
    const path = join(temporaryDirectory(), 'a');
    const directory = new DurableDirectory(path);
    await directory.replace('file', 'one');
    rmSync(path, { recursive: true });
    await directory.replace('file', 'two');
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('two');
  });

  it('replaces the whole content despite a temporary file from a crash', async () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, 'file'), 'a longer content than the new one');
    writeFileSync(join(path, 'file.tmp'), 'half of something that was longer, too');
    await new DurableDirectory(path).replace('file', Uint8Array.of(0, 255));
    expect([...readFileSync(join(path, 'file'))]).toEqual([0, 255]);
    expect(readdirSync(path)).toEqual(['file']);
  });

  it('keeps the old content if it fails', async () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, 'file'), 'old');
    mkdirSync(join(path, 'file.tmp'));
    await expect(new DurableDirectory(path).replace('file', 'new')).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      path: join(path, 'file.tmp'),
      osCode: 'EISDIR',
    });
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('old');
  });

  it('removes the temporary file if it fails, because others may need the space', async () => {
    const path = temporaryDirectory();
    mkdirSync(join(path, 'file'));
    await expect(new DurableDirectory(path).replace('file', 'new')).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      path: join(path, 'file'),
      osCode: 'EISDIR',
    });
    expect(readdirSync(path)).toEqual(['file']);
  });

  it('rejects with the system error if the directory cannot be created', async () => {
    const blocked = join(temporaryDirectory(), 'file');
    writeFileSync(blocked, '');
    await expect(new DurableDirectory(join(blocked, 'a/b')).replace('file', 'new')).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'ENOTDIR',
    });
  });

  it.each(NO_FILES.slice(1))(
    'neither opens %s under the temporary name nor writes to it',
    async (_, make) => {
      const path = temporaryDirectory();
      await make(join(path, 'file.tmp'));
      await new DurableDirectory(path).replace('file', 'new');
      expect(readFileSync(join(path, 'file'), 'utf8')).toBe('new');
      const target = join(path, 'file.tmp-target');
      if (readdirSync(path).includes('file.tmp-target'))
        expect(readFileSync(target, 'utf8')).toBe('of another user');
      expect(readdirSync(path)).not.toContain('file.tmp');
    },
  );

  it('replaces a link and does not change its target', async () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, 'target'), 'of another user');
    symlinkSync(join(path, 'target'), join(path, 'file'));
    await new DurableDirectory(path).replace('file', 'new');
    expect(readFileSync(join(path, 'target'), 'utf8')).toBe('of another user');
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('new');
  });

  it('creates files and directories for their owner only, and keeps the modes of existing ones', async () => {
    const path = join(temporaryDirectory(), 'a/b');
    const modeOf = (name: string): number => statSync(join(path, name)).mode & 0o777;
    await new DurableDirectory(path).replace('file', 'one');
    expect([modeOf('file'), modeOf('.'), modeOf('..')]).toEqual([0o600, 0o700, 0o700]);
    chmodSync(join(path, 'file'), 0o640);
    chmodSync(path, 0o750);
    await new DurableDirectory(path).replace('file', 'two');
    expect([modeOf('file'), modeOf('.')]).toEqual([0o640, 0o750]);
  });

  it('creates files and directories with the given modes', async () => {
    const path = join(temporaryDirectory(), 'a');
    await new DurableDirectory(path, { file: 0o640, directory: 0o750 }).replace('file', 'one');
    expect(statSync(join(path, 'file')).mode & 0o777).toBe(0o640);
    expect(statSync(path).mode & 0o777).toBe(0o750);
  });
});

describe('DurableDirectory.read', () => {
  it('returns the content, and null without a file or a directory', async () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, 'file'), 'content');
    expect(String(await new DurableDirectory(path).read('file'))).toBe('content');
    expect(await new DurableDirectory(path).read('other')).toBeNull();
    expect(await new DurableDirectory(join(path, 'missing')).read('file')).toBeNull();
  });

  it.each(NO_FILES)('refuses %s at once', async (_, make) => {
    const path = temporaryDirectory();
    await make(join(path, 'file'));
    await expect(new DurableDirectory(path).read('file')).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      path: join(path, 'file'),
      message: expect.stringContaining('not an ordinary file'),
    });
  });
});

describe('DurableDirectory.list', () => {
  it('distinguishes ordinary files from other entries', async () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, 'file'), '');
    await Promise.all(NO_FILES.map(([, make], index) => make(join(path, `other-${index}`))));
    const entries = await new DurableDirectory(path).list();
    expect(entries.filter(({ isFile }) => isFile).map(({ name }) => name)).toEqual([
      'file',
      'other-4-target',
    ]);
    expect(entries).toHaveLength(NO_FILES.length + 2);
  });

  it('is empty without a directory, and names a path that is not a directory', async () => {
    const path = join(temporaryDirectory(), 'file');
    expect(await new DurableDirectory(path).list()).toEqual([]);
    writeFileSync(path, '');
    await expect(new DurableDirectory(path).list()).rejects.toMatchObject({ code: 'JOURNAL_IO', path });
  });
});
