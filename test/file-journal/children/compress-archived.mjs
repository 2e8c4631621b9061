// Archives and compresses, and kills itself (SIGKILL) before the n-th call that changes the directory or a
// file. argv: directory, n, archiveBefore
import { FileJournal } from 'nestjs-file-journal';

const [directory, n, before] = process.argv.slice(2);
let left = Number(n);
const CHANGES = ['rename', 'unlink', 'writeInBackground', 'write', 'sync', 'syncDirectory'];
const journal = await FileJournal.open({
  directory,
  segmentSizeBytes: 4096,
  fileSystem: (real) => {
    const wrapped = { ...real };
    for (const name of CHANGES) {
      wrapped[name] = (...args) => {
        const isOfArchive =
          name === 'syncDirectory' || args.some((arg) => typeof arg === 'string' && arg.includes('archived'));
        if (isOfArchive && left-- === 0) process.kill(process.pid, 'SIGKILL');
        return real[name](...args);
      };
    }
    return wrapped;
  },
});
await journal.archiveSegmentsBefore(BigInt(before));
await journal.compressArchived();
await journal.close();
console.log('done');
