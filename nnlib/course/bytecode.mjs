// node bytecode.mjs <folder of Pyodide> <code in Python> <file to copy out of its file system> <copy> <package or wheel> ...
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, code, result, copy, ...packages] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
try {
  const python = await loadPyodide({ indexURL: folder + "/", packages });
  await python.runPythonAsync(code);
  writeFileSync(copy, python.FS.readFile(result));
  process.exit(0);
} catch (error) {
  console.error(error.message); // of Python: with its traceback
  process.exit(1);
}
