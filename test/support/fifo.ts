import koffi from 'koffi';

const libc = koffi.load(null);
const mkfifo = libc.func('int mkfifo(const char *path, uint32_t mode)');

/** Creates a FIFO. Node.js has no call for it, and the program `mkfifo` would be a process per file. */
export function makeFifo(path: string): void {
  if (mkfifo(path, 0o644) !== 0) throw new Error(`mkfifo ${path} failed with errno ${koffi.errno()}`);
}
