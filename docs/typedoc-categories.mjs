/**
 * A TypeDoc plugin: names each entry point after its subpath in package.json, sorts its exports by the folders of
 * src/, so that what lies in one room stands together, and shows the values of literal unions in place.
 */
import { readFileSync } from 'node:fs';
import { Comment, CommentTag, Context, Converter, ReflectionKind, TypeScript as ts } from 'typedoc';

const ENTRY_POINT_OR_EXPORT = ReflectionKind.Project | ReflectionKind.Module;

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The entry points of package.json: `main`, or the subpath, to the source file. */
export const entryPoints = new Map(
  Object.entries(manifest.exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(
      ([
        subpath,
        {
          import: { types },
        },
      ]) => [
        subpath === '.' ? 'main' : subpath.replace('./', ''),
        types.replace('./dist/esm/', 'src/').replace(/\.d\.ts$/, '.ts'),
      ],
    ),
);

/** Called by TypeDoc with its application. */
export function load(app) {
  showValuesInPlace();
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) module.name = nameOf(module);
    for (const reflection of Object.values(project.reflections)) {
      if (!reflection.parent?.kindOf(ENTRY_POINT_OR_EXPORT) || reflection.kindOf(ENTRY_POINT_OR_EXPORT))
        continue;
      const folder = folderOf(project.getSymbolIdFromReflection(reflection)?.packagePath);
      if (folder === undefined) continue;
      // A function's comment is that of its signature; the category goes to the function itself.
      reflection.comment ??= new Comment();
      reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: folder }]));
    }
  });
}

/** Types that no entry point exports because they only describe one member: the pages show them in place. */
const SHOWN_IN_PLACE = [
  'EventClasses',
  'EventDefinition',
  'EventSchema',
  'EventValidation',
  'FileJournalModuleExtras',
  'InitialEntry',
  'JournalFactory',
  'ProjectionRetryOptions',
  'ProjectionsModuleOptions',
  'RebuildOptions',
  'RecoveredTail',
  'ReplayModuleOptions',
  'RetentionHold',
  'StoredEventPlace',
  'UnknownEvent',
  'UnknownEventPolicy',
  'WallClock',
];

/** The same holds for every union of literals: the pages show `'positioned' | 'mapped'` for `WriterName`. */
function showValuesInPlace() {
  const { shouldInline } = Context.prototype;
  Context.prototype.shouldInline = function (symbol, name) {
    return (
      shouldInline.call(this, symbol, name) ||
      SHOWN_IN_PLACE.includes(symbol.name) ||
      (symbol.declarations ?? []).some(isUnionOfLiterals)
    );
  };
}

function isUnionOfLiterals(declaration) {
  return (
    ts.isTypeAliasDeclaration(declaration) &&
    declaration.typeParameters === undefined &&
    ts.isUnionTypeNode(declaration.type) &&
    declaration.type.types.every((type) => ts.isLiteralTypeNode(type))
  );
}

/** TypeDoc names a module after its file below src/: `telemetry/health` is the subpath `terminus`. */
function nameOf(module) {
  const [name] = [...entryPoints].find(([, file]) => isNamedAfter(module.name, file)) ?? [];
  if (name === undefined) throw new Error(`no entry point of package.json is called ${module.name}`);
  return name;
}

function isNamedAfter(name, file) {
  return [`src/${name}.ts`, `src/${name}/index.ts`].includes(file);
}

/** `src/order-book/codec.ts` belongs to `order-book`. */
function folderOf(path) {
  return /^src\/(.+)\/[^/]+$/.exec(path ?? '')?.[1];
}
