import { InvalidOptionError } from '../journal/index.js';

/** Maximum length of an encoded name. A file name has 255 bytes; the rest is for prefix and suffix. */
const MAX_ENCODED_BYTES = 200;

/**
 * Checks a name that becomes part of file names. Runs at boot: the file system would refuse the name only
 * when the first file is written.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 */
export function assertFileName(option: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '')
    throw new InvalidOptionError(option, name, 'a non-empty string');
  const encoded = encodedOrNull(name);
  if (encoded === null)
    throw new InvalidOptionError(option, name, 'text without lone surrogates: files are named after it');
  if (encoded.length <= MAX_ENCODED_BYTES) return;
  throw new InvalidOptionError(
    option,
    name,
    'shorter',
    `option ${option} must take at most ${MAX_ENCODED_BYTES} bytes, percent-encoded, because files are named after it; ` +
      `${JSON.stringify(name.slice(0, 40))}… takes ${encoded.length}`,
  );
}

function encodedOrNull(name: string): string | null {
  try {
    return encodeURIComponent(name);
  } catch {
    return null;
  }
}
