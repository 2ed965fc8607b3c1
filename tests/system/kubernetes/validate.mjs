// Checks objects by the JSON schemas of Kubernetes and its operators: [{module, object}] on stdin, a line for
// each error.
import {readFileSync} from 'node:fs';

for (const {module, object} of JSON.parse(readFileSync(0, 'utf8'))) {
  const models = await import(module);
  try {
    new models[object.kind](object).validate();
  } catch (error) {
    console.log(`${object.kind} ${object.metadata.name}: ${error.message}`);
  }
}
