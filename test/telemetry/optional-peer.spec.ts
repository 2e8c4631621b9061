import { expect, it } from '@jest/globals';
import { MissingPeerError } from '../../src/common/index.js';
import { loadOptionalPeer } from '../../src/common/index.js';

function notFound(specifier: string): Error {
  return Object.assign(new Error(`Cannot find package '${specifier}' imported from /somewhere/index.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
}

it('a missing peer causes a typed error that says what to install', async () => {
  const loading = loadOptionalPeer('prom-client', 'metrics', () => Promise.reject(notFound('prom-client')));
  await expect(loading).rejects.toMatchObject({
    code: 'JOURNAL_MISSING_PEER',
    packageName: 'prom-client',
    message: expect.stringContaining('npm install prom-client'),
  });
  await expect(loading).rejects.toBeInstanceOf(MissingPeerError);
});

it('an error inside a peer is passed on unchanged', async () => {
  const error = notFound('tdigest');
  await expect(loadOptionalPeer('prom-client', 'metrics', () => Promise.reject(error))).rejects.toBe(error);
});
