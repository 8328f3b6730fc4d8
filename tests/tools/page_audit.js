// What is wrong with the page as it stands, as a list of sentences: run in the page by page_check.py.
(() => {
	const wrong = [], seen = e => {
		for (let x = e; x; x = x.parentElement) {
			const s = getComputedStyle(x);
			if (s.display === 'none' || s.visibility === 'hidden') return false;
		}
		return e.getClientRects().length > 0;
	};
	const what = e => '<' + e.tagName.toLowerCase() + (e.id ? ' id=' + e.id : '') + (e.className && e.className.baseVal === undefined ?
		' class="' + e.className + '"' : '') + '> "' + (e.textContent || '').trim().slice(0, 40) + '"';
	const all = [...document.querySelectorAll('*')].filter(seen);
	const name = e => (e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean)
		.map(i => (document.getElementById(i) || {}).textContent).join(' ') ||
		(e.labels && [...e.labels].map(l => l.textContent).join(' ')) || e.textContent || '').trim();

	// names, ids, references
	for (const e of all) {
		if (e.matches('input, select, textarea') && !(e.labels && e.labels.length) && !e.getAttribute('aria-label')) wrong.push(what(e) + ' has no label');
		if (e.matches('button, a[href], select, input, [role=img], [role=region], [role=group]') && !name(e)) wrong.push(what(e) + ' has no name');
		if (e.matches('svg') && !e.closest('[aria-hidden=true]') && e.getAttribute('role') !== 'img') wrong.push(what(e) + ' is neither named nor hidden');
		if (e.matches('a') && !e.hasAttribute('href')) wrong.push(what(e) + ' leads nowhere');
		if (e.matches('[tabindex]') && e.tabIndex > 0) wrong.push(what(e) + ' has a tabindex above 0');
		if (e.matches('th') && !e.hasAttribute('scope')) wrong.push(what(e) + ' has no scope');
		if (e.closest('[aria-hidden=true]') && e.tabIndex >= 0 && e.matches('a, button, input, select, [tabindex]')) wrong.push(what(e) + ' is hidden and takes the focus');
	}
	const ids = new Set();
	for (const e of document.querySelectorAll('[id]')) {
		if (ids.has(e.id)) wrong.push('two elements are called ' + e.id);
		ids.add(e.id);
	}
	for (const a of ['aria-labelledby', 'aria-controls', 'aria-describedby', 'for'])
		for (const e of document.querySelectorAll('[' + a + ']'))
			for (const i of e.getAttribute(a).split(' ')) if (!ids.has(i)) wrong.push(what(e) + ': ' + a + ' names ' + i + ', which is not there');

	// the page and its headings
	if (!document.documentElement.lang) wrong.push('the page has no language');
	if (!document.title) wrong.push('the page has no title');
	if (document.querySelectorAll('main').length !== 1) wrong.push('want one main');
	if (!document.querySelector('[aria-live=polite]')) wrong.push('nothing is live');
	const heads = all.filter(e => /^H[1-6]$/.test(e.tagName));
	const gate = !document.getElementById('gate').hidden;
	if (!gate && heads.filter(e => e.tagName === 'H1').length !== 1) wrong.push('want one h1');
	heads.forEach((h, i) => {
		const level = +h.tagName[1], before = i ? +heads[i - 1].tagName[1] : gate ? 1 : 0;
		if (level > before + 1) wrong.push(what(h) + ' is of level ' + level + ' behind one of ' + before);
		if (!h.textContent.trim()) wrong.push(what(h) + ' is empty');
	});

	// contrast, of every text against what is behind it
	const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return {r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1}; };
	const over = (f, b) => ({r: f.r * f.a + b.r * (1 - f.a), g: f.g * f.a + b.g * (1 - f.a), b: f.b * f.a + b.b * (1 - f.a), a: 1});
	const light = c => [c.r, c.g, c.b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
	const ratio = (a, b) => { const x = light(a), y = light(b); return (Math.max(x, y) + .05) / (Math.min(x, y) + .05); };
	const behind = e => {
		const stack = [];
		for (let x = e; x; x = x.parentElement) stack.push(rgb(getComputedStyle(x).backgroundColor));
		return stack.reverse().reduce((b, c) => over(c, b), {r: 255, g: 255, b: 255, a: 1});
	};
	let least = 21, texts = 0;
	const contrast = (e, colour, of) => {
		const back = behind(e), x = ratio(over(rgb(colour), back), back);
		least = Math.min(least, x), texts++;
		if (x < 4.5) wrong.push(of + what(e) + ': contrast ' + x.toFixed(2) + ', want 4.5');
	};
	for (const e of all) {
		if ([...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) contrast(e, getComputedStyle(e).color, '');
		if (e.matches('input')) {
			contrast(e, getComputedStyle(e).color, '');
			contrast(e, getComputedStyle(e, '::placeholder').color, 'placeholder of ');
		}
		// the edge of a field is how one sees it
		if (e.matches('input, select')) {
			const x = ratio(rgb(getComputedStyle(e).borderTopColor), behind(e.parentElement));
			if (x < 3) wrong.push('edge of ' + what(e) + ': contrast ' + x.toFixed(2) + ', want 3');
		}
		if (e.matches('svg .f1, svg .f2, svg .f3, svg .fk')) {
			const x = ratio(rgb(getComputedStyle(e).fill), behind(e.closest('section')));
			if (x < 3) wrong.push('part of a picture: contrast ' + x.toFixed(2) + ', want 3');
		}
		const r = e.getBoundingClientRect();
		if (e.matches('button, input, select') && r.height < 24) wrong.push(what(e) + ' is ' + r.height + ' px high, want 24');
	}

	// width; a phone that shows all of a page that is too wide has a larger innerWidth
	const root = document.documentElement, width = root.clientWidth;
	if (root.scrollWidth > width) {
		wrong.push('it scrolls sideways: ' + root.scrollWidth + ' of ' + width + ' px');
		for (const e of all) if (e.getBoundingClientRect().right > width + 1) wrong.push('  ' + what(e) + ' ends at ' + e.getBoundingClientRect().right);
	}
	return {wrong, least, texts};
})()
