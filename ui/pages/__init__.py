"""The pages: each module has one function ``page(storage)`` that draws it. `ui.web.app` joins them."""
