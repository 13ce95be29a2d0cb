import { join } from "node:path";
import { makePictures } from "../packages/trials/src/hostile/make-pictures.ts";

// Makes docs/pictures/ anew out of a run of the demo.
const made = await makePictures(join(import.meta.dirname, "../docs/pictures"));
process.stdout.write(`${made.join("\n")}\n`);
