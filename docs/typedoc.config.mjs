/**
 * The API reference: `npm run docs:api` writes it to docs/api, which is not committed.
 *
 * Every warning is an error: a link that leads nowhere, a type that the public surface uses and does not export, a tag
 * that does not exist. That every export has a comment is a test (test/docs/public-comments).
 */
import { readFileSync } from 'node:fs';
import { OptionDefaults } from 'typedoc';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The sources of what package.json exports. */
const entryPoints = Object.values(manifest.exports)
  .filter((target) => typeof target !== 'string')
  .map(({ import: { types } }) => types.replace('./dist/esm/', '../src/').replace(/\.d\.ts$/, '.ts'));

/** What constructors of injected classes take, and other types that only this package makes values of. */
const NOT_FOR_APPLICATIONS = [
  'AggregateRepositoryParts',
  'Attributes',
  'Commit',
  'ENGINES',
  'InjectDecorator',
  'KeysOfUnion',
  'Next',
  'ProjectionRegistration',
  'ProjectionsServiceOptions',
  'PublicationGate',
  'Recorder',
  'ReplayServiceOptions',
  'ReplayTarget',
  'SequencerEventHandlerParts',
  'SequencerParts',
  'SnapshotSource',
  'StandardResult',
  'StoredJournal',
  'WriteAheadPublisherParts',
];

export default {
  name: 'nestjs-file-journal',
  entryPoints,
  tsconfig: '../tsconfig.build.json',
  out: 'api',
  plugin: ['./typedoc-categories.mjs'],
  readme: 'none',
  includeVersion: true,
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  categorizeByGroup: false,
  navigation: { includeCategories: true, includeGroups: false },
  // @publicApi is what Nest's own sources say.
  modifierTags: [...OptionDefaults.modifierTags, '@publicApi'],
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: false },
  intentionallyNotExported: NOT_FOR_APPLICATIONS,
  // `npm run typecheck` does that.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
