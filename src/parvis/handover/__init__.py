"""What somebody needs who takes this place over and can ask nobody: what there is, how it is, how to go on, how to bring
it back. `facts` gathers, `masking` keeps secrets out, `page` puts it into words; `parvis handover` writes it down.
"""
