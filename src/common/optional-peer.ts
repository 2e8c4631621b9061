import { MissingPeerError } from './missing-peer.error.js';

const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/**
 * Loads an optional peer on first use, so that only applications that use it must install it.
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
    // If the peer lacks a module itself, its own error is the right one.
    const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
    const isItself = new RegExp(`['"]${packageName}['"]`).test(String(message));
    if (NOT_FOUND.includes(String(code)) && isItself)
      throw new MissingPeerError(packageName, neededBy, error);
    throw error;
  }
}
