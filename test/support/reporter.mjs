/** What people read is mocha's spec; what bin/test adds up is a line "passed failed" in the file TURNO_TEST_TOTALS. */
import { appendFileSync } from 'node:fs'
import mocha from 'mocha'

export default class Totals extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once('end', () => {
      const { passes, failures } = this.stats
      if (process.env.TURNO_TEST_TOTALS) appendFileSync(process.env.TURNO_TEST_TOTALS, `${passes} ${failures}\n`)
    })
  }
}
