/** Who may import whom: docs/ARCHITECTURE.md, "Imports". Every rule is an error. */
const only = (name, from, allowed, comment) => ({
  name, comment, severity: 'error',
  from: { path: from },
  to: { path: '^(bin|cli|server|config|plugins|ui|test|bench)/', pathNot: allowed },
})
/** Texts in, values out: yaml reads and writes menus as text, date-holidays computes from a data set that it carries. */
const domainLibraries = 'liquidjs|zod|libphonenumber-js|re2js|luxon|yaml|date-holidays'
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^virtual:' } },
    { name: 'no-dev-deps-in-product', severity: 'error', from: { path: '^(cli|server|config|plugins)/', pathNot: '(\\.test\\.ts$|^plugins/sdk/(testkit|conformance))' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
    only('plugins-know-only-the-sdk', '^plugins/(?!sdk/)([^/]+)/', '^plugins/($1|sdk|shared)/', 'A plugin knows the SDK and nothing else.'),
    only('sdk-stands-alone', '^plugins/sdk/', '^plugins/sdk/', 'Third parties install the SDK alone.'),
    only('domain-is-pure', '^server/domain/', '^(server/domain/|plugins/sdk/)', 'Values in, values out.'),
    { name: 'domain-libraries', severity: 'error', comment: 'Only the pure libraries.', from: { path: '^server/domain/' }, to: { dependencyTypes: ['npm', 'core', 'npm-dev', 'npm-no-pkg'], pathNot: `node_modules/(${domainLibraries})/` } },
    only('config-stands-alone', '^config/', '^config/', 'Configuration knows nobody.'),
    only('store', '^server/store/', '^(server/store/|server/domain/|config/)', 'The store knows the domain.'),
    only('actions', '^server/actions/', '^(server/actions/|server/domain/|server/store/|server/http/contract/|plugins/sdk/)', 'Actions are the only writers; read models answer in the shapes of the contract.'),
    only('adapters', '^server/adapters/', '^(server/adapters/|server/domain/|config/|plugins/sdk/)', 'Adapters talk to the outside.'),
    only('edges', '^server/(workers|realtime|bridges)/', '^(server/(workers|realtime|bridges|actions|domain|adapters|http/contract)/|plugins/sdk/|config/)', 'An edge reaches data by calling an action.'),
    only('http', '^server/http/', '^(server/(http|actions|domain|adapters|bridges)/|plugins/sdk/|config/)', 'An edge reaches data by calling an action.'),
    only('contract', '^server/http/contract/', '^(server/http/contract/|plugins/sdk/)', 'Types and schemas shared with the browser.'),
    only('cli', '^cli/', '^(cli/|server/actions/|server/domain/|server/app|config/|plugins/sdk/)', 'The CLI calls actions.'),
    only('ui', '^ui/', '^(ui/|server/http/contract/|plugins/sdk/|plugins/widget/frames)', 'The browser knows the contract, and the visitor\'s page the frames.'),
    { name: 'nobody-imports-tests', severity: 'error', from: { path: '^(cli|server|config|plugins|ui)/', pathNot: '\\.test\\.ts$' }, to: { path: '^(test|bench)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.vue', '.json', '.cjs', '.mjs'], conditionNames: ['import', 'node', 'default', 'types'] },
    includeOnly: { path: '^(bin|cli|server|config|plugins|ui/src|test|bench|node_modules)/' },
    exclude: { path: '^(dist|coverage|data)/' },
  },
}
