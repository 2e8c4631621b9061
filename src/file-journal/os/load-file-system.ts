import { modesOf, type FileAccess } from '../../common/index.js';
import { nodeFileSystem, type FileSystem } from './file-system.js';
import { loadMapper, type MapperName } from './mapped-file.js';
import { loadPosix } from './posix.js';

/** The options of a journal that choose its file system. */
export interface FileSystemOptions {
  readonly mapper: MapperName;
  /** Wraps the real file system, for fault injection. */
  readonly fileSystem: (real: FileSystem) => FileSystem;
}

/**
 * Loads the native modules and returns the file system of a journal.
 * @param access of the files and directories it creates; a reader creates none
 */
export async function loadFileSystem(
  options: FileSystemOptions,
  access: FileAccess = 'owner',
): Promise<FileSystem> {
  const posix = await loadPosix();
  const mapper = await loadMapper(options.mapper, posix);
  return options.fileSystem(nodeFileSystem(posix, mapper, modesOf(access)));
}
