import { MissingPeerError } from './missing-peer.error.js';

const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/**
 * Loads an optional peer when it is needed, so that whoever does not need it does not need to have it.
 * @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`)
 */
export async function loadOptionalPeer<T>(
  packageName: string,
  neededBy: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    // A module that the peer itself misses is another matter: its own error says so.
    const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
    const isItself = new RegExp(`['"]${packageName}['"]`).test(String(message));
    if (NOT_FOUND.includes(String(code)) && isItself)
      throw new MissingPeerError(packageName, neededBy, error);
    throw error;
  }
}
