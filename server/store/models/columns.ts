/** Attributes whose stored form differs from the one in code; both databases store it alike. Without `raw`, reads go through them. */
import { DataTypes, type Model, type ModelAttributeColumnOptions, type ModelAttributes, type ModelStatic, type Sequelize } from 'sequelize'

/** A boolean, stored as 0 or 1. */
export function flag(name: string, byDefault: boolean): ModelAttributeColumnOptions {
  return {
    type: DataTypes.INTEGER,
    allowNull: false,
    defaultValue: byDefault ? 1 : 0,
    get(this: Model) {
      return Boolean(this.getDataValue(name))
    },
    set(this: Model, value: unknown) {
      this.setDataValue(name, value ? 1 : 0)
    },
  }
}

/** A value, stored as JSON text; null stays NULL. */
export function json(name: string): ModelAttributeColumnOptions {
  return {
    type: DataTypes.TEXT('long'),
    get(this: Model) {
      const stored = this.getDataValue(name) as string | null | undefined
      return stored == null ? null : (JSON.parse(stored) as unknown)
    },
    set(this: Model, value: unknown) {
      this.setDataValue(name, value == null ? null : JSON.stringify(value))
    },
  }
}

export const id: ModelAttributeColumnOptions = { type: DataTypes.STRING(26), primaryKey: true }
export const text: ModelAttributeColumnOptions = { type: DataTypes.STRING }
export const long: ModelAttributeColumnOptions = { type: DataTypes.TEXT('long') }
export const int: ModelAttributeColumnOptions = { type: DataTypes.INTEGER }
/** Milliseconds since the epoch, UTC. */
export const instant: ModelAttributeColumnOptions = { type: DataTypes.BIGINT }

/** A model of a table that the migrations made: no columns of Sequelize's own, no plural of its own making. */
export function define<M extends Model>(sequelize: Sequelize, table: string, attributes: ModelAttributes<M>): ModelStatic<M> {
  // Sequelize writes into the attributes it is given.
  const own = Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, { ...(attribute as ModelAttributeColumnOptions) }]),
  )
  return sequelize.define<M>(table, own as ModelAttributes<M>, { timestamps: false, freezeTableName: true })
}
