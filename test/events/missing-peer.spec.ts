import { describe, expect, it, jest } from '@jest/globals';

describe('class-validator', () => {
  it('is loaded only if a class requires it, and reported with a typed error if it is missing', async () => {
    jest.unstable_mockModule('class-validator', () => {
      throw Object.assign(new Error("Cannot find package 'class-validator'"), {
        code: 'ERR_MODULE_NOT_FOUND',
      });
    });
    const { EventClassRegistry, JournalEvent } = await import('../../src/events/index.js');
    class Counted {}
    JournalEvent('Counted', { validation: 'class-validator' })(Counted);
    class Plain {}
    JournalEvent('Plain')(Plain);

    const registry = new EventClassRegistry();
    registry.register([Plain]);
    await registry.prepare({ validate: true });
    registry.register([Counted]);
    await registry.prepare({ validate: false });
    await expect(registry.prepare({ validate: true })).rejects.toMatchObject({
      code: 'JOURNAL_MISSING_PEER',
      packageName: 'class-validator',
      message: expect.stringContaining('npm install class-validator'),
    });
  });
});
