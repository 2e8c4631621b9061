/**
 * The API reference: `npm run docs:api` writes it as Markdown to docs/api, which is not committed. The site contains it.
 *
 * Every warning is an error: a broken link, a type that the public surface uses and does not export, a tag
 * that does not exist. That every export has a comment is a test (test/docs/public-comments).
 */
import { OptionDefaults } from 'typedoc';
import { entryPoints } from './typedoc-categories.mjs';

/** What constructors of injected classes take, and other types that only this package makes values of. */
const NOT_FOR_APPLICATIONS = [
  'AggregateRootLike',
  'Attributes',
  'ENGINES',
  'EventOf',
  'InjectDecorator',
  'JournaledEvent',
  'KeysOfUnion',
  'ProjectionRegistration',
  'ProjectionsServiceOptions',
  'PublicationGate',
  'Recorder',
  'ReplayServiceOptions',
  'ReplayTarget',
  'StoredJournal',
  'UpcasterChain',
];

export default {
  name: 'nestjs-file-journal',
  entryPoints: [...entryPoints.values()].map((file) => `../${file}`),
  tsconfig: '../tsconfig.build.json',
  out: 'api',
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', './typedoc-categories.mjs'],
  docsRoot: '.',
  entryFileName: 'index',
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'list',
  typeDeclarationFormat: 'list',
  pageTitleTemplates: {
    index: 'API reference',
    module: ({ name }) => (name === 'main' ? 'nestjs-file-journal' : `nestjs-file-journal/${name}`),
  },
  readme: 'none',
  includeVersion: true,
  disableSources: true,
  excludeInternal: true,
  // It says the same on every page.
  excludeTags: ['@publicApi'],
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
