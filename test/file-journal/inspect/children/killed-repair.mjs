// Repairs a journal, and kills itself (SIGKILL) before the n-th call that changes a file or the directory.
// argv: directory, n
import { applyRepair } from '../../../../dist/modules/esm/file-journal/index.js';

const [directory, n] = process.argv.slice(2);
let left = Number(n);
const CHANGES = ['openFile', 'rename', 'unlink', 'write', 'sync', 'syncNow', 'syncDirectory'];
await applyRepair({
  directory,
  fileSystem: (real) => {
    const wrapped = { ...real };
    for (const name of CHANGES) {
      wrapped[name] = (...args) => {
        if (left-- === 0) process.kill(process.pid, 'SIGKILL');
        return real[name](...args);
      };
    }
    return wrapped;
  },
});
console.log('done');
