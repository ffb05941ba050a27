// Judges AsyncAPI documents with the parser of the AsyncAPI Initiative, all in one process because it is slow to start.
// Arguments: files. Output: one line of JSON per file, with everything that the parser says about it.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const parser = new Parser();
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(await readFile(file, "utf8"), { source: file });
  const said = diagnostics.map(({ code, severity, message, path }) => ({ code, severity, message, path: path.join("/") }));
  console.log(JSON.stringify({ file, parsed: document !== undefined, channels: document?.channels().all().map((each) => each.address()) ?? [], said }));
}
