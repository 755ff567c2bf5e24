/** Writes one row in the internal register (F031, §5.3). */
import { z } from 'zod'
import type { FormRef } from '../environment.ts'
import { nodeSchema, number, outputs, reference } from '../fields.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { convert, type Json } from '../variables.ts'

const schema = nodeSchema('record', outputs(), { form: reference, fields: z.record(z.string().min(1).max(64), number) })

/** The row by the form's fields, or the code of what is wrong with it. Fields the form does not have are left out. */
export function row(m: Machine, form: FormRef, values: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> | string {
  const made: Record<string, Json> = {}
  for (const field of form.fields) {
    const given = values[field.code] ?? null
    const empty = given === null || given === ''
    if (empty && field.required) return `missing_${field.code}`
    const converted = convert(empty ? null : given, field.type, m.setting)
    if (!converted.ok) return `bad_${field.code}`
    made[field.code] = converted.value
  }
  for (const name of Object.keys(values)) {
    if (!form.fields.some((field) => field.code === name)) m.trace('warn', 'the form has no such field', { field: name })
  }
  return made
}

export function write(m: Machine, code: string, values: Readonly<Record<string, Json>>, next: string | undefined): Outcome {
  const form = m.env.catalog.form(code)
  if (!form) return m.fail('unknown_form', code)
  const made = row(m, form, values)
  if (typeof made === 'string') return m.fail(made)
  m.emit({ kind: 'record', formId: form.id, formCode: form.code, values: made })
  return m.go(next)
}

export const record = defineNode<NodeOf<typeof schema>>({
  type: 'record',
  schema,
  editor: {
    group: 'data', icon: 'table', label: { es: 'Registro', en: 'Record' },
    help: { es: 'Guarda una fila en un formulario.', en: 'Keeps a row in a form.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['fields.*'],
  references: { forms: ['form'] },
  enter: (node, m) => write(m, node.form, Object.fromEntries(m.rendered(node.fields)), node.next),
  check: (node, check) => {
    const form = check.catalog.form(node.form)
    for (const name of Object.keys(node.fields)) {
      if (form && !form.fields.some((field) => field.code === name)) check.report('form_field_missing', `fields.${name}`, name)
    }
  },
})
