import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { replaceFile } from '../../src/durable-files/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('replaceFile', () => {
  it('creates the directory it is to lie in, and its parents', async () => {
    const path = join(temporaryDirectory(), 'a/b/c/file');
    await replaceFile(path, 'content');
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  it('several at once create the same directories', async () => {
    const directory = join(temporaryDirectory(), 'a/b/c');
    const names = Array.from({ length: 10 }, (_, index) => `file-${index}`);
    await Promise.all(names.map((name) => replaceFile(join(directory, name), name)));
    expect(readdirSync(directory).sort()).toEqual(names);
  });

  it('replaces the whole content, over what a crash left under the temporary name', async () => {
    const path = join(temporaryDirectory(), 'file');
    writeFileSync(path, 'a longer content than the new one');
    writeFileSync(`${path}.tmp`, 'half of something that was longer, too');
    await replaceFile(path, Uint8Array.of(0, 255));
    expect([...readFileSync(path)]).toEqual([0, 255]);
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  it('leaves the old content where it fails', async () => {
    const path = join(temporaryDirectory(), 'file');
    writeFileSync(path, 'old');
    mkdirSync(`${path}.tmp`);
    await expect(replaceFile(path, 'new')).rejects.toMatchObject({
      code: 'EISDIR',
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('leaves nothing behind where it fails: the space may be what others lack', async () => {
    const path = join(temporaryDirectory(), 'file');
    mkdirSync(path);
    await expect(replaceFile(path, 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  it('rejects with what the system says where the directory cannot be created', async () => {
    const blocked = join(temporaryDirectory(), 'file');
    writeFileSync(blocked, '');
    const path = join(blocked, 'a/b/file');
    await expect(replaceFile(path, 'new')).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });
});
