/**
 * Maps files into memory, through mmap-io if it loads, otherwise through koffi.
 *
 * The engine releases a mapping when it no longer needs it (`FileSystem.unmap`): empty memory replaces the
 * file's pages. The addresses stay mapped until the garbage collector frees the ArrayBuffer, because a view
 * of unmapped memory would cause a segmentation fault.
 */
import { InvalidOptionError, IoError, messageOf } from '../../journal/index.js';
import { errnoName, type NativeMapping, type Posix } from './posix.js';

/**
 * The native module that maps files. `auto` uses mmap-io if it loads and the file is small enough, otherwise
 * koffi.
 */
export type MapperName = 'auto' | 'mmap-io' | 'koffi';

/** mmap-io keeps lengths in a signed 32-bit integer. */
export const MMAP_IO_MAX_BYTES = 2 ** 31 - 1;

export interface Mapper {
  /** @throws IoError (`JOURNAL_IO`) */
  map(fd: number, lengthBytes: number, writable: boolean, path: string): Buffer;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) when mmap-io is named and does not load */
export async function loadMapper(name: MapperName, posix: Posix): Promise<Mapper> {
  const koffi = koffiMapper(posix);
  if (name === 'koffi') return koffi;
  const mmapIo = await loadMmapIo();
  if (mmapIo !== null) return name === 'auto' ? preferring(mmapIo, koffi) : mmapIo;
  if (name === 'auto') return koffi;
  throw new InvalidOptionError(
    'mapper',
    name,
    "'auto' or 'koffi' here: mmap-io is not installed or does not load",
  );
}

interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  map(size: number, protection: number, flags: number, fd: number): Buffer;
}

async function loadMmapIo(): Promise<Mapper | null> {
  let mmapIo: MmapIo;
  try {
    const imported = (await import('mmap-io')) as unknown as { default?: MmapIo } & MmapIo;
    mmapIo = imported.default ?? imported;
    if (typeof mmapIo.map !== 'function') return null;
  } catch {
    return null; // optional: it may not compile for this release of Node.js, or not load in a worker thread
  }
  return {
    map(fd, lengthBytes, writable, path) {
      const protection = writable ? mmapIo.PROT_READ | mmapIo.PROT_WRITE : mmapIo.PROT_READ;
      try {
        return mmapIo.map(lengthBytes, protection, mmapIo.MAP_SHARED, fd);
      } catch (cause) {
        // "mmap failed, 12": the number is the errno.
        const errno = /, (\d+)$/.exec(messageOf(cause))?.[1];
        throw new IoError('mmap', path, errno === undefined ? 'unknown' : errnoName(Number(errno)), {
          cause,
        });
      }
    },
  };
}

function koffiMapper(posix: Posix): Mapper {
  return {
    map(fd, lengthBytes, writable, path) {
      const mapping = posix.map(fd, lengthBytes, writable, path);
      unmapWhenUnreachable(posix, mapping);
      return Buffer.from(mapping.memory);
    },
  };
}

function preferring(mmapIo: Mapper, koffi: Mapper): Mapper {
  return {
    map(fd, lengthBytes, writable, path) {
      return (lengthBytes <= MMAP_IO_MAX_BYTES ? mmapIo : koffi).map(fd, lengthBytes, writable, path);
    },
  };
}

const registries = new WeakMap<Posix, FinalizationRegistry<Pick<NativeMapping, 'address' | 'lengthBytes'>>>();

function unmapWhenUnreachable(posix: Posix, { memory, address, lengthBytes }: NativeMapping): void {
  let registry = registries.get(posix);
  if (registry === undefined) {
    registry = new FinalizationRegistry((mapping) => posix.unmap(mapping));
    registries.set(posix, registry);
  }
  registry.register(memory, { address, lengthBytes });
}
