import { describe, expect, test } from '@jest/globals';
import { ReplicationServerError } from '../../../src/replication/index.js';
import { assertServerVersion } from '../../../src/replication/jetstream/server-version.js';

describe('a release of nats-server', () => {
  test.each(['2.9.10', '2.11.99', '2.12.11', '2.13.5', '2.14.0', '2.14.2', '1.99.99', '', 'dev'])(
    '%j is refused, with the reason',
    (version) => {
      const refused = (): void => assertServerVersion(version);
      expect(refused).toThrow(ReplicationServerError);
      expect(refused).toThrow(expect.objectContaining({ code: 'JOURNAL_REPLICATION_SERVER', version }));
      expect(refused).toThrow('use 2.14.4 or later');
    },
  );

  test.each(['2.12.12', '2.12.20', '2.14.3', '2.14.5', '2.14.5-RC.1', '2.15.0', '3.0.0'])(
    '%j is accepted',
    (version) => expect(() => assertServerVersion(version)).not.toThrow(),
  );
});
