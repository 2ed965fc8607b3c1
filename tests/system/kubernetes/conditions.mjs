// Evaluates matchConditions as an API server would: [{expression, variables}] on stdin, [result] out.
import {readFileSync} from 'node:fs';
import {evaluate} from '@marcbachmann/cel-js';

console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(({expression, variables}) => {
  try {
    return evaluate(expression, variables);
  } catch (error) {
    return String(error.message);
  }
})));
