// Runs before the first paint, so that what only scripts can use does not flash up or away.
document.documentElement.classList.add("js");
