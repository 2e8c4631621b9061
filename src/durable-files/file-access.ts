/**
 * Who may read what is created: `owner` is the user of the process (files 0600, directories 0700), `group` also the group of
 * the files (0640, 0750).
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
