// Resolves the theme and the language before the first paint; runs alone, ahead of the application.
(function () {
  var root = document.documentElement
  var choice = null
  try {
    choice = localStorage.getItem('turno.theme')
    root.lang = localStorage.getItem('turno.locale') || (/^es\b/i.test(navigator.language) ? 'es' : 'en')
  } catch (_e) { choice = null }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
})()
