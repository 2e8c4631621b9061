/** Sorts the reference by the folders of src/: what lies in one room belongs together. */
import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

const ENTRY_POINT_OR_EXPORT = ReflectionKind.Project | ReflectionKind.Module;

/** Called by TypeDoc with its application. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
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

/** `src/order-book/codec.ts` is of `serialization/order-book`. */
function folderOf(path) {
  return /^src\/(.+)\/[^/]+$/.exec(path ?? '')?.[1];
}
