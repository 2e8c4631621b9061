/**
 * Read permission of new files and directories. `owner` is the user of the process (0600, directories 0700);
 * `group` adds the group of the files (0640, 0750).
 * @publicApi
 */
export type FileAccess = 'owner' | 'group';

export const FILE_ACCESS: readonly FileAccess[] = ['owner', 'group'];

/** Permission bits of new files and directories. */
export interface FileModes {
  readonly file: number;
  readonly directory: number;
}

const MODES: Readonly<Record<FileAccess, FileModes>> = {
  owner: { file: 0o600, directory: 0o700 },
  group: { file: 0o640, directory: 0o750 },
};

export function modesOf(access: FileAccess): FileModes {
  return MODES[access];
}

export const PERMISSION_BITS = 0o777;
/** Includes set-user-ID, set-group-ID and sticky. */
export const ALL_MODE_BITS = 0o7777;

/**
 * Whether the file system refused to change permissions because the mount determines them. CIFS and FUSE do
 * so for files of another user. Such files are usable nevertheless.
 */
export function isModeFixed(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS';
}
